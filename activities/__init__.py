"""How: write the register, deliver a message. Small classes with their tools in fields."""
