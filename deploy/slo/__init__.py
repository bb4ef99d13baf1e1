"""Reports whether the success criteria of the migration plan were met."""
