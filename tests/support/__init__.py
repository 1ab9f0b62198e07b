"""What tests share: a scripted engine, servers, files, waiting."""
