"""News between the parts of the server: in memory now; NATS JetStream goes here, behind the same contract."""
