"""The upstream: OpenRouter, or anything that speaks its protocol. No Django here, and one HTTP door.

From bytes to meaning, each step without I/O:
    sse         bytes → the data of each event
    chunks      data → one typed chunk, however odd
    text        half surrogate pairs and U+0000 → text that can be stored
    thinktags   content → thinking and text, where a host leaks its think tags
    calls       fragments → complete tool calls
    usage       the usage object → counts and cost
    events      what a stream says, one frozen type each
    runs        texts of one kind → one event
    reader      all of the above: bytes in, events out
    verdict     what was seen → how it ended

What may go wrong:
    errors      the error tree
    refusals    upstream's words → that tree
    hints       when upstream says to ask again

From us to it:
    parameters  the parameters of an answer, with their storage
    request     turns → the body of a request
    limits      how long and how much we bear
    alarm       a cheap time limit on waiting
    stream      one answer: opened, repeated when that helps, read, watched
    client      the door: answers, look-ups, headers
    exchange    one request over HTTP and its answer
    transports  what carries it, and reads ahead; with exchange the only importers of httpx
    ahead       bodies that are read on while their listener rests
    catalogue   a model's numbers, with those of its page to fall back on
    lookups     endpoints, key, the true cost of an answer
"""
