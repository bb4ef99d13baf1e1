"""What users ask for besides answers: App Home, the doctor, votes, Stop."""
