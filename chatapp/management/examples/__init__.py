"""Example conversations: `made` puts them into the database, `usual` and `hard` say which there are."""
