"""Everything that runs: data, training, the study on Ray, and the command line on top."""
