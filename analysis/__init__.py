"""What a record is, and what it says: recipe, run folder, statistics, figures, report."""
