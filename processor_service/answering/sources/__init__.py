"""What an answer is made from besides its question: the messages it is about, the answer before."""
