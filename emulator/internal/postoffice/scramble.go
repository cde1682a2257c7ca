package postoffice

import "encoding/binary"

// stream is the key of the string scrambling in MAI files: each byte is XORed with the
// cipher byte before it and with the key, which starts afresh in every string.
//
// inferred: the method and the bytes 12 to 17, from the ciphertext of a message with 300
// recipients. Q104423
//
// invented: all other bytes. They make the ciphertext of that dump the scrambled
// NETWORK/PO1/Admin and NETWORK/PO1/300, so that the dump is a test of ours; the first
// twelve depend on the true names, which are not known. After 34 bytes it starts again.
var stream = [34]byte{
	0x14, 0x7A, 0x66, 0x59, 0x18, 0x0C, 0x6F, 0x33, 0x54, 0x77, 0x7D, 0x52,
	0x6E, 0x79, 0x68, 0x55, 0x48, 0x61,
	0x66, 0x4B, 0x53, 0x68, 0x74, 0x4A, 0x47, 0x73, 0x68, 0x44, 0x6D, 0x7C, 0x63, 0x58, 0x0A, 0x51,
}

// period is after how many bytes the key and the words of eight bytes begin together again.
const period = 4 * len(stream)

// words is the key for eight bytes at a time: 17 words hold it four times.
var words = func() (w [period / 8]uint64) {
	for i := range 8 * len(w) {
		w[i/8] |= uint64(stream[i%len(stream)]) << (i % 8 * 8)
	}
	return w
}()

// scramble hides b in place.
func scramble(b []byte) {
	var last uint64
	for ; len(b) >= period; b = b[period:] {
		block := (*[period]byte)(b)
		for k, key := range words {
			last = scrambleWord(block[8*k:8*k+8], key, last)
		}
	}
	k := 0
	for ; len(b) >= 8; b = b[8:] {
		last = scrambleWord(b, words[k], last)
		k++
	}
	for i := range b {
		last ^= uint64(b[i] ^ byte(words[k]>>(8*i)))
		b[i] = byte(last)
	}
}

// scrambleWord hides the first eight bytes of b. Each byte takes up all that stand before
// it: a running sum without carry. last is the cipher byte before b; the one after it is
// returned, and takes one step from last, so that words overlap in the processor.
func scrambleWord(b []byte, key, last uint64) uint64 {
	x := binary.LittleEndian.Uint64(b) ^ key
	x ^= x << 8
	x ^= x << 16
	x ^= x << 32
	binary.LittleEndian.PutUint64(b, x^last*0x0101010101010101)
	return x>>56 ^ last
}

// unscramble appends the plain bytes of b to dst.
func unscramble(dst, b []byte) []byte {
	at := len(dst)
	dst = append(dst, b...)
	out := dst[at:]
	var last uint64
	// Whole turns of the key first: most of a text, and the compiler sees all bounds.
	for ; len(b) >= period; b, out = b[period:], out[period:] {
		from, to := (*[period]byte)(b), (*[period]byte)(out)
		for k, key := range words {
			x := binary.LittleEndian.Uint64(from[8*k : 8*k+8])
			binary.LittleEndian.PutUint64(to[8*k:8*k+8], x^(x<<8|last)^key)
			last = x >> 56
		}
	}
	k := 0
	for ; len(b) >= 8; b, out = b[8:], out[8:] {
		x := binary.LittleEndian.Uint64(b)
		binary.LittleEndian.PutUint64(out, x^(x<<8|last)^words[k])
		last = x >> 56
		k++
	}
	for i, c := range b {
		out[i] = c ^ byte(last) ^ byte(words[k]>>(8*i))
		last = uint64(c)
	}
	return dst
}
