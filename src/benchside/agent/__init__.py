"""The agent: identity, link to the server, requests, policy, attempts, the PC's journal."""
