print("anteroom")
