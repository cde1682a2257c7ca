package rfc822

// BodyPart is one part of a body with what the header says about it.
type BodyPart struct {
	Part
	// Info names the part. Without an X-MS-Attachment field only Name is set, ATT1,
	// ATT2 ... (Q99716); the first part, the message text, and parts that the gateway
	// does not decode have none.
	Info AttachmentInfo
}

// Decodable says whether the gateway makes text or a file of the part. Others stay in
// the body as text. Q118487
func (p Part) Decodable() bool {
	return p.Keyword == KeywordText || p.Keyword == KeywordUuencode
}

// BodyParts reads the Encoding field and the fields called name, X-MS-Attachment or
// X-NC-Attachment, in the order of the header. The list of parts comes into being at the
// Encoding field; attachment fields before it find no list and are ignored, so that the
// names are lost and the content is not. Q111857 Without an Encoding field, or with one
// that cannot be read, there are no parts; a bad field is an error.
//
// inferred: the first part is the message text, and the attachment fields name the
// others in order. invented: of several Encoding fields the first counts; an attachment
// field that cannot be read uses up its part, which gets a default name.
func BodyParts(fields []Field, name string) ([]BodyPart, error) {
	var parts []BodyPart
	next := 1
	for _, f := range fields {
		switch {
		case parts == nil && f.Is(FieldEncoding):
			list, err := ParseEncoding(f.Unfold())
			if err != nil {
				return nil, err
			}
			for _, p := range list {
				parts = append(parts, BodyPart{Part: p})
			}
		case next < len(parts) && f.Is(name):
			if info, err := ParseAttachment(f.Unfold()); err == nil {
				parts[next].Info = info
			}
			next++
		}
	}
	n := 0
	for i := 1; i < len(parts); i++ {
		if parts[i].Info.Name == "" && parts[i].Decodable() {
			n++
			parts[i].Info.Name = DefaultAttachmentName(n)
		}
	}
	return parts, nil
}
