"""What the law says: pure functions and dated data. No I/O, no clock, no engine, no database."""
