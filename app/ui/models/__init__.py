"""The Models page: roles, connections, all models, and those of this computer with their files and memory."""
