"""What a program tells whoever runs it as a service.  May import nothing of ours."""
