"""The law's tests: cases as data, the table of the lifecycle, properties, and what covers which article."""
