"""The processes that the program is made of, and the messages between them."""
