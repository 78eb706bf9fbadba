"""Insurance policies: issued, changed, paid, ended, renewed."""
