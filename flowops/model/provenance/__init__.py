"""Where a unit's input comes from: the chain from the input back to the line, fact or variable that says it."""
