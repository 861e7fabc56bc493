"""The intent job: from activities to signals, account by account, in batches."""
