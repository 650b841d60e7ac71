"""Pictures of every screen, for people to look at: `make shots` puts them into shots/."""
