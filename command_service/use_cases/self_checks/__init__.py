"""What shows whether users would be answered: the doctor, and synthetic questions."""
