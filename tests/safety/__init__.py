"""What a hostile workspace, program or library may not do."""
