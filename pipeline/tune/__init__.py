"""The tuning lab: small runs that decide the recipe of a large one."""
