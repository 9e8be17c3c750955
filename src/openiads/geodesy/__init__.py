"""WGS-84, ECEF, local frames, distances and the smooth-earth horizon: pure and compiled."""
