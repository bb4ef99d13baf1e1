"""Checks of whether users would get answers: the doctor, and synthetic questions."""
