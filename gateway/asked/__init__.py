"""What is asked at a door (所请): the forms of applications and acts, batches of the same act, and what may be brought as JSON."""
