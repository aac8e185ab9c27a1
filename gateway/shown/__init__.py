"""What is shown at a door (所示): lists, the inbox, figures, documents, files and what the public may know, read off the register."""
