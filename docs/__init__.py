"""The pages, and what makes their tables and pictures from the committed runs."""
