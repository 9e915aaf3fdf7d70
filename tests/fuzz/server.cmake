# The server's wire protocol.
shale_fuzzer(pg_wire pg_wire_fuzz.cc server)
