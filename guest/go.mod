module airlock.invalid/guest

go 1.22
