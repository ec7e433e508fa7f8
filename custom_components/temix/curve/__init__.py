"""What can be said of a curve of prices; pure, knows nothing of Home Assistant, reads no clock."""
