"""What people ask for besides answers: App Home, the doctor, votes."""
