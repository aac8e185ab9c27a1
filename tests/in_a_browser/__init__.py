"""Whole ways in a real browser, one file each: `make whole` walks them, `make test` those of tests/test_browser*.py and test_money.py."""
