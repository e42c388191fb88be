// Nothing of its own: where the headers of a kind are compiled (options.cmake).
