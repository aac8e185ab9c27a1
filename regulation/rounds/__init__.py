"""What the law says of rounds (轮次). Pure, like all of `regulation`."""
