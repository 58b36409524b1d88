// Nothing but the precompiled header that all tests share (main.cpp needs Catch2 in another form).
