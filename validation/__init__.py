"""How mixeff is known to be right: reference numbers of other programs, gold numbers, coverage."""
