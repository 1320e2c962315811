-- Only the owner, who migrates, raises the epoch: it ends every cursor of the feed. Postgres lets every role execute a
-- new function, and this one has the rights of its owner.
REVOKE EXECUTE ON FUNCTION raise_epoch(bigint) FROM PUBLIC;
