"""An answer gets before people exactly once: written, previewed, reconciled and verified."""
