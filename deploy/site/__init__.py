"""The documents' site: MkDocs over the checkout's own documents, and a reference from the code."""
