"""Measures both services beside two references, in one run on one machine."""
