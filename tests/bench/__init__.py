"""`python -m tests.bench`: how fast and how thrifty the robot is, beside a bare robot and the SDK, within one run."""
