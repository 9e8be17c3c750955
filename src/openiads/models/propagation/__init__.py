"""Line of sight and losses."""
