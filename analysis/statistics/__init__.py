"""Numbers and what is sure of them: intervals, orders, distributions, fronts, power, importances; of no run."""
