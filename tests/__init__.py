"""Tests. What one process has compiled the others need not, whatever the environment says: many are started here, and read much."""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
