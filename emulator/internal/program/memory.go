package program

// nearHeap models the memory behind the Idling line: what is left of the
// program's data segment after the tables it loads. Q137042, Q105290
//
// invented: the starting value. It is chosen so that the tables of the
// installation of Q112286 leave that log's 48258 bytes; the difference of 1024
// between the sum and the largest block is that of all three published lines
// (Q112286, Q108374, Q118970).
type nearHeap struct{ tables int }

const (
	heapStart      = 49067
	heapFragmented = 1024
)

// free returns the bytes left and the largest block, after a leak: a message
// with two Subject lines never releases the first. Q134371
func (h nearHeap) free(leaked int) (free, largest int) {
	free = max(heapStart-h.tables-leaked, 0)
	return free, max(free-heapFragmented, 0)
}

// holds says whether a text still finds room. What leaks is never given back, and in
// the end the gateway finds no memory for a message. Q134371
//
// invented: that this is the subject of a message, and that tables are left out: the
// size of the heap is not known, and a postoffice of many users would get no mail.
func (nearHeap) holds(leaked, text int) bool { return leaked+text <= heapStart-heapFragmented }

// Bytes per record of the tables that the gateway loads. Q137042
const (
	bytesUser    = 37
	bytesNetwork = 45
	bytesOffice  = 115
	bytesGateway = 83
	bytesGroup   = 31 // of the FFAPI programs. Q115518
)
