"""The operator's commands on the server's data folder."""
