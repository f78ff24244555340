import random

import torch
import torch.nn as nn
import torch.optim as optim

SRC_VOCAB, TRG_VOCAB = 50, 60
EMB, HID, LAYERS = 24, 32, 2


class Encoder(nn.Module):
    def __init__(self, vocab, emb_dim, hid_dim, n_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab, emb_dim)
        self.rnn = nn.LSTM(emb_dim, hid_dim, n_layers, dropout=0.1, bidirectional=True)
        self.fc_h = nn.Linear(hid_dim * 2, hid_dim)
        self.fc_c = nn.Linear(hid_dim * 2, hid_dim)

    def forward(self, src):
        outputs, (hidden, cell) = self.rnn(self.embedding(src))
        hidden = hidden.view(2, 2, hidden.size(1), 32)
        cell = cell.view(2, 2, cell.size(1), 32)
        hidden = torch.tanh(self.fc_h(torch.cat([hidden[:, 0], hidden[:, 1]], dim=2)))
        cell = torch.tanh(self.fc_c(torch.cat([cell[:, 0], cell[:, 1]], dim=2)))
        return outputs, hidden, cell


class Attention(nn.Module):
    def __init__(self, enc_dim, dec_dim, attn_dim=20):
        super().__init__()
        self.attn = nn.Linear(enc_dim + dec_dim, attn_dim)
        self.v = nn.Linear(attn_dim, 1, bias=False)

    def forward(self, hidden, encoder_outputs):
        src_len = encoder_outputs.shape[0]
        hidden = hidden.unsqueeze(1).repeat(1, src_len, 1)
        encoder_outputs = encoder_outputs.permute(1, 0, 2)
        energy = torch.tanh(self.attn(torch.cat((hidden, encoder_outputs), dim=2)))
        return torch.softmax(self.v(energy).squeeze(2), dim=1)


class Decoder(nn.Module):
    def __init__(self, vocab, emb_dim, enc_dim, hid_dim, n_layers, attention):
        super().__init__()
        self.output_dim = vocab
        self.attention = attention
        self.embedding = nn.Embedding(vocab, emb_dim)
        self.rnn = nn.LSTM(enc_dim + emb_dim, hid_dim, n_layers)
        self.fc_out = nn.Linear(enc_dim + hid_dim + emb_dim, vocab)

    def forward(self, input, hidden, cell, encoder_outputs):
        embedded = self.embedding(input.unsqueeze(0))
        a = self.attention(hidden[-1], encoder_outputs).unsqueeze(1)
        weighted = torch.bmm(a, encoder_outputs.permute(1, 0, 2)).permute(1, 0, 2)
        output, (hidden, cell) = self.rnn(torch.cat((embedded, weighted), dim=2), (hidden, cell))
        prediction = self.fc_out(torch.cat((output.squeeze(0), weighted.squeeze(0), embedded.squeeze(0)), dim=1))
        return prediction, hidden, cell


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, src, trg, teacher_forcing_ratio=0.5):
        trg_len, batch_size = trg.shape
        outputs = torch.zeros(trg_len, batch_size, self.decoder.output_dim)
        encoder_outputs, hidden, cell = self.encoder(src)
        input = trg[0, :]
        for t in range(1, trg_len):
            output, hidden, cell = self.decoder(input, hidden, cell, encoder_outputs)
            outputs[t] = output
            top1 = output.argmax(1)
            input = trg[t] if random.random() < teacher_forcing_ratio else top1
        return outputs


encoder = Encoder(SRC_VOCAB, EMB, HID, LAYERS)
decoder = Decoder(TRG_VOCAB, EMB, HID * 2, HID, LAYERS, Attention(HID * 2, HID))
model = Seq2Seq(encoder, decoder)
optimizer = optim.Adam(model.parameters())
criterion = nn.CrossEntropyLoss(ignore_index=0)

src = torch.randint(0, 50, (9, 4))
trg = torch.randint(0, 60, (7, 4))
for epoch in range(2):
    optimizer.zero_grad()
    output = model(src, trg)
    loss = criterion(output[1:].view(-1, output.shape[-1]), trg[1:].view(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1)
    optimizer.step()
