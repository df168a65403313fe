"""Design spaces: sentences with choices in them, counted, sampled and listed within budgets."""
