"""What changes the set-up, the groups and their members: one function a change, inside the caller's transaction."""
